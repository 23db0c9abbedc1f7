/**
 * Puts a function around a method of Ghost's: of a module, or of a prototype for all objects of its class.
 * @param around is given the method, bound to the object it was called on, then that object, then the arguments
 */
export function wrap<Owner extends object, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
  around: Owner[Name] extends (...args: infer Args) => infer Result
    ? (original: (...args: Args) => Result, self: Owner, ...args: Args) => Result
    : never,
): void {
  const original = owner[name] as (...args: unknown[]) => unknown;
  const wrapper = around as (original: unknown, self: Owner, ...args: unknown[]) => unknown;
  owner[name] = function (this: Owner, ...args: unknown[]) {
    return wrapper((...given: unknown[]) => original.apply(this, given), this, ...args);
  } as Owner[Name];
}
