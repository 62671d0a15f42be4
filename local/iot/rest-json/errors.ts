// Errors of the IoT APIs. Their HTTP status and members come from the SDK's own schemas (see model.ts).

/** An error that the SDK client sees as the exception of that name. */
export class IotError extends Error {
  readonly details: Readonly<Record<string, string>>;

  constructor(name: string, message: string, details: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = name;
    this.details = details;
  }
}

/** Answers an operation, or a parameter of one, that the embedded IoT Core does not have: never skipped in silence. */
export const NOT_EMULATED = 'NotEmulatedException';

export const invalidRequest = (message: string) => new IotError('InvalidRequestException', message);
export const notFound = (message: string) => new IotError('ResourceNotFoundException', message);

/** Refuses parameters that would be ignored. */
export const refuseParameters = <Input extends object>(
  input: Input,
  names: readonly (keyof Input & string)[],
): void => {
  const given = names.filter((name) => input[name] !== undefined);
  if (given.length > 0) throw new IotError(NOT_EMULATED, `the embedded IoT Core does not emulate: ${given.join(', ')}`);
};
