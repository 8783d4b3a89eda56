// The policies that a new server begins with. They permit nothing by themselves: rights come from grants. They say what no
// grant may do, and what may be asked for. `test/decisions/` tries each.

export const STARTER_POLICIES = `// Nothing is permitted but by a grant, or by a permit that you add.

@id("least-privilege")
forbid (principal, action == Action::"reeve:request", resource == Resource::"*")
when { context.granted != "break_glass" };

@id("no-standing-administration")
forbid (principal, action, resource)
when { context.level == "admin" && context.granted == "standing" };

// What Reeve knows of the resource, and what the enforcement point says of it: neither may be of another environment.

@id("no-cross-environment")
forbid (principal, action, resource)
when {
  principal.environment != "unknown" &&
  ((resource has environment && resource.environment != principal.environment) ||
   (context.resource has environment && context.resource.environment != principal.environment))
};

@id("no-high-risk-without-owner")
forbid (principal, action, resource)
when { context.level == "admin" && !principal.owned && context.granted != "break_glass" };

// Who is held decides nothing anyway; here, nothing is asked for it either.

@id("quarantine")
forbid (principal, action, resource)
when { ["quarantined", "retired"].contains(principal.state) };

// For whoever carries the label \`hours: business\`: Monday to Friday, 07:00 to 19:00 UTC.

@id("business-hours")
forbid (principal, action, resource)
when {
  principal.hasTag("hours") && principal.getTag("hours") == "business" &&
  context.granted != "break_glass"
}
unless {
  action == Action::"reeve:request" ||
  (!["saturday", "sunday"].contains(context.weekday) &&
   context.now.toTime() >= duration("7h") && context.now.toTime() < duration("19h"))
};

@id("agents-read-only-unless-granted")
forbid (principal, action, resource)
when { principal.kind == "ai_agent" && context.level != "read" && context.granted == "no" };

// What may be asked for, and who has to agree: none, manager, owner, approver, two.

@id("ask-to-read") @approval("approver")
permit (principal, action == Action::"reeve:request", resource)
when { context.level == "read" && context.granted != "break_glass" };

@id("ask-to-change") @approval("approver")
permit (principal, action == Action::"reeve:request", resource)
when { ["write", "unknown"].contains(context.level) && context.granted != "break_glass" };

@id("ask-to-administer") @approval("two")
permit (principal, action == Action::"reeve:request", resource)
when { context.level == "admin" && context.granted == "just_in_time" };

// At once, for persons alone, bounded and reviewed afterwards.

@id("ask-in-an-emergency") @approval("none")
permit (principal, action == Action::"reeve:request", resource)
when { context.granted == "break_glass" && principal.kind == "human" };
`
