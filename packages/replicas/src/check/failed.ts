import { EXIT, Failure } from "../failure.ts";

/** A step that did not come out as it should. */
export function failed(message: string, effect: string, next: string): Failure {
  return new Failure(message, { effect, next, exitCode: EXIT.failed });
}
