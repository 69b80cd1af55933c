import type { DemoSignIn } from '../../http/demo-samples.ts';

/**
 * Scripts of a collection: before a request without a token they sign in, and after a 401 they forget the token. An API
 * without a sign-in has a script that does nothing.
 */
export function signInScripts(signIn: DemoSignIn | undefined): object[] {
  if (signIn === undefined) return [event('prerequest', ['// This API has nothing to sign in to.'])];
  const { path, scheme, token, variables } = signIn;
  const name = JSON.stringify(scheme);
  const [needed = ''] = Object.keys(variables);
  return [
    event('prerequest', [
      'const fill = (text) => pm.variables.replaceIn(text);',
      `if (!pm.variables.get(${name}) && pm.variables.get(${JSON.stringify(needed)})) {`,
      '  const request = {',
      `    url: fill('{{baseUrl}}${path}'),`,
      `    method: 'POST',`,
      ...requestLines(signIn),
      '  };',
      '  pm.sendRequest(request, (error, response) => {',
      `    const token = error ? undefined : ${['response.json()', ...token].join('?.')};`,
      `    if (token) pm.environment.set(${name}, token);`,
      `    else console.log('No token', error ?? response.text());`,
      '  });',
      '}',
    ]),
    event('test', [`if (pm.response.code === 401) pm.environment.unset(${name});`]),
  ];
}

const event = (listen: string, exec: readonly string[]) => ({ listen, script: { type: 'text/javascript', exec } });

const filled = (text: string) => `fill(${JSON.stringify(text)})`;

function requestLines({ form = {}, json, basic }: DemoSignIn): string[] {
  const auth = basic
    ? [
        `    auth: { type: 'basic', basic: [{ key: 'username', value: ${filled(`{{${basic}User}}`)} }, { key: 'password', value: ${filled(`{{${basic}Password}}`)} }] },`,
      ]
    : [];
  if (json)
    return [
      ...auth,
      `    header: { 'Content-Type': 'application/json' },`,
      `    body: { mode: 'raw', raw: ${filled(json)} },`,
    ];
  const fields = Object.entries(form).map(([key, value]) => `      { key: '${key}', value: ${filled(value)} },`);
  return [...auth, `    body: { mode: 'urlencoded', urlencoded: [`, ...fields, '    ] },'];
}
