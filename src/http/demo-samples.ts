import type { OperationObject } from './contract.ts';

/** A person of the demo data, with the fields that the API's sign-in takes. */
export interface DemoPerson {
  /** Short, unique in the API, and never changed. */
  key: string;
  name: string;
  /** What is unusual about the person's account. */
  state?: DemoState;
  [field: string]: string | number | undefined;
}

export type DemoState = 'two_step' | 'unverified' | 'removed' | 'muted' | 'empty';

/**
 * What the documentation sends to the sandbox where the contract's own examples are not enough. All of it is fixed, so a
 * sample that was copied works by itself on fresh demo data.
 */
export interface DemoSamples {
  /**
   * The credentials of a person for one security scheme: a token, `name:password` for Basic, the value of a cookie.
   * Undefined where the sample does without the scheme.
   */
  credential(person: DemoPerson, scheme: string, operation: OperationObject): string | undefined;
  /** The key of the person who calls an operation, where it is not the first one. */
  callerOf?(operation: OperationObject): string | undefined;
  /** The options of the typed client that name an application. */
  client?: Readonly<Record<string, string | number>>;
  /**
   * Values of parameters and of fields of bodies, by their name, in all operations that a person calls; undefined leaves
   * one out.
   */
  fieldsOf(person: DemoPerson): Readonly<Record<string, string | number | undefined>>;
  /** Changes of single operations, by operationId. */
  requests: Readonly<Record<string, DemoRequest>>;
  /** How a program gets a token by itself. */
  signIn?: DemoSignIn;
}

/** One POST that gets a token for a person. In its texts `{{name}}` stands for a variable. */
export interface DemoSignIn {
  /** Below the address of the API. */
  path: string;
  /** The fields of a form. */
  form?: Readonly<Record<string, string>>;
  /** A body in JSON, in place of a form. */
  json?: string;
  /** The scheme of HTTP Basic by which the application proves itself. */
  basic?: string;
  /** The members that lead to the token in the answer. */
  token: readonly string[];
  /** The scheme that takes the token. */
  scheme: string;
  /** The variables, with the values of the demo data. */
  variables: Readonly<Record<string, string>>;
}

export interface DemoRequest {
  /** The key of the person who calls; the first one by default. */
  as?: string;
  /** Values of parameters, optional ones included. */
  parameters?: Readonly<Record<string, string | number>>;
  /** Members of the body in place of those of the example; undefined leaves one out. An array is the whole body. */
  body?: Readonly<Record<string, unknown>> | readonly unknown[];
  /** The file that is sent: a text by default. */
  file?: 'picture';
  /** The name of a contract's example of the body, in place of the first one. */
  example?: string;
}

/** The form of OAuth's password grant (RFC 6749, section 4.3), for `signIn`. */
export const passwordGrant = {
  grant_type: 'password',
  client_id: '{{clientId}}',
  client_secret: '{{clientSecret}}',
  username: '{{username}}',
  password: '{{password}}',
};
