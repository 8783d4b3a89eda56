// Event triggers execute a function as whoever changes what is in the database. Where it belongs to somebody who is no superuser,
// and a superuser's function hands over what a role owns, that function is executed as the superuser. One text of SQL, as in
// `acts-as.ts`.

/** Rows `(name, trigger, said)` of the database that is asked, enabled ones. A superuser's function is the superuser's to answer for. */
export const triggersOfOthers = `
    SELECT p.oid::regprocedure::text AS name, 'event trigger ' || quote_ident(e.evtname) AS trigger,
      'event trigger ' || quote_ident(e.evtname) || ' executes ' || p.oid::regprocedure || ', which belongs to ' || r.rolname || ', who is no superuser' AS said
    FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN pg_roles r ON r.oid = p.proowner
    WHERE e.evtenabled <> 'D' AND NOT r.rolsuper`
