import type { Config } from './config.ts';
import type { Api } from './http/api.ts';
import type { Running } from './serve.ts';

/** The text in the terminal after the server has started: URLs, and in the sandbox the demo credentials. */
export function welcome(apis: readonly Api[], config: Config, { url, mockUrl }: Running): string {
  const { publicUrl, sandbox } = config;
  const origin = publicUrl ?? url;
  const places = {
    Start: `${origin}/`,
    Docs: `${origin}/docs/`,
    ...(mockUrl && { Mock: mockUrl }),
    ...(sandbox && { Outbox: `${origin}/sandbox/outbox`, Credentials: `${origin}/sandbox/credentials` }),
  };
  const demos = apis.flatMap(({ name, demo }) =>
    sandbox && demo
      ? ['', `  ${name}`, ...lines(plainMembers(demo.credentials(`${origin}/${name}`, config)), '    ')]
      : [],
  );
  return ['', `Qiyue is running${sandbox ? ' as a sandbox' : ''}.`, '', ...lines(places, '  '), ...demos, ''].join(
    '\n',
  );
}

/** The members that fit on a line; `/sandbox/credentials` has all of them. */
function plainMembers(members: Record<string, unknown>): Record<string, unknown> {
  const isPlain = (value: unknown) => typeof value !== 'object';
  const fits = (value: unknown) =>
    isPlain(value) || (!Array.isArray(value) && Object.values(value ?? {}).every(isPlain));
  return Object.fromEntries(Object.entries(members).filter(([, value]) => fits(value)));
}

function lines(members: Record<string, unknown>, indent: string): string[] {
  const width = Math.max(...Object.keys(members).map((name) => name.length));
  return Object.entries(members).map(([name, value]) => {
    const text = typeof value === 'object' && value !== null ? Object.values(value).join('  ') : String(value);
    return `${indent}${name.padEnd(width)}  ${text}`;
  });
}
