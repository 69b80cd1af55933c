import type { AuthorizationParameters } from './authorization-request.ts';

/**
 * The parameters as hidden fields of a form. Browsers change line breaks in fields, so the control characters of `state`
 * are percent-encoded.
 */
export const toFormFields = <Parameters extends AuthorizationParameters>(parameters: Parameters): Parameters => ({
  ...parameters,
  state: parameters.state?.toWellFormed().replace(/[%\p{Cc}]/gu, encodeURIComponent),
});

/** The parameters from the fields of `toFormFields`. */
export const fromFormFields = <Fields extends AuthorizationParameters>(fields: Fields): Fields => ({
  ...fields,
  state: fields.state?.replace(/%(25|[01][0-9A-F]|7F|C2%[89][0-9A-F])/g, decodeURIComponent),
});
