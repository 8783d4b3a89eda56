// Why one policy could not be evaluated. It skips that policy and is reported by its id; it never fails the decision.

/**
 * Not an `Error`: a stack would cost more than the evaluation, and its message is all that is ever told of it.
 */
export class EvaluationError {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/** The one place that throws, so that the callers stay expressions. */
export function fail(message: string): never {
  // oxlint-disable-next-line typescript/only-throw-error, no-throw-literal -- see the class
  throw new EvaluationError(message)
}
