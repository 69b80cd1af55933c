import { toJavaScript } from './literals.ts';
import type { SampleRequest } from './request.ts';
import { fileInJavaScript } from './scripts.ts';

/** A call of the typed client, in TypeScript. */
export function toClient(request: SampleRequest): string {
  const { method, path, body, answer } = request;
  const { code, hasCredentials } = clientOf(request);
  const { Authorization, Cookie, ...rest } = request.headers;
  const headers: Record<string, string> = {
    ...rest,
    ...(Cookie && { Cookie }),
    ...(!hasCredentials && Authorization && { Authorization }),
  };
  if (body?.kind === 'json' || body?.kind === 'multipart') delete headers['Content-Type'];
  const params = Object.fromEntries(
    (['path', 'query', 'header'] as const).flatMap((place) => {
      const own = request.parameters.filter((parameter) => parameter.in === place);
      return own.length > 0 ? [[place, Object.fromEntries(own.map(({ name, value }) => [name, value]))]] : [];
    }),
  );
  const options = [
    ...(Object.keys(params).length > 0 ? [`params: ${toJavaScript(params, '  ')}`] : []),
    ...(Object.keys(headers).length > 0 ? [`headers: ${toJavaScript(headers, '  ')}`] : []),
    ...toBody(body),
    ...parse[answer],
  ];
  const argument = options.length === 0 ? '' : `, {\n${options.map((option) => `  ${option},\n`).join('')}}`;
  const call = `await ${request.api}.${method}(${toJavaScript(path)}${argument})`;
  return `${code}\n\n${filesOf(body)}${read(answer, call)}`;
}

function toBody(body: SampleRequest['body']): string[] {
  switch (body?.kind) {
    case 'json':
      return [`body: ${toJavaScript(body.value, '  ')}`];
    case 'form':
      return [`body: ${toJavaScript(body.value, '  ')}`];
    case 'multipart': {
      const members = body.fields.map(([name, value]) =>
        typeof value !== 'string'
          ? name === 'file'
            ? 'file'
            : `${name}: file`
          : `${name}: ${toJavaScript(body.value[name])}`,
      );
      return [`body: { ${members.join(', ')} }`, 'bodySerializer: () => form'];
    }
    case 'bytes':
      return ['body: file', 'bodySerializer: (bytes) => bytes'];
    default:
      return [];
  }
}

/** The statements that make the file and the form of the body. */
function filesOf(body: SampleRequest['body']): string {
  if (body?.kind === 'bytes') return `const file = ${fileInJavaScript(body.file)};\n`;
  if (body?.kind !== 'multipart') return '';
  const file = body.fields.map(([, value]) => value).find((value) => typeof value === 'object');
  const lines = body.fields.map(
    ([name, value]) =>
      `form.append(${toJavaScript(name)}, ${typeof value === 'string' ? toJavaScript(value) : 'file'});\n`,
  );
  return `${file ? `const file = ${fileInJavaScript(file)};\n` : ''}const form = new FormData();\n${lines.join('')}`;
}

const parse: Record<SampleRequest['answer'], string[]> = {
  json: [],
  text: [`parseAs: 'text'`],
  file: [`parseAs: 'blob'`],
  stream: [`parseAs: 'stream'`],
  redirect: [`redirect: 'manual'`, `parseAs: 'text'`],
  nothing: [`parseAs: 'text'`],
};

function read(answer: SampleRequest['answer'], call: string): string {
  if (answer === 'redirect')
    return `const { response } = ${call};\nconsole.log(response.status, response.headers.get('Location'));`;
  if (answer === 'nothing') return `const { response, error } = ${call};\nconsole.log(response.status, error);`;
  if (answer === 'stream')
    return `const { data } = ${call};\nconst reader = data?.pipeThrough(new TextDecoderStream()).getReader();
for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) console.log(part.value);`;
  return `const { data, error } = ${call};\nconsole.log(data ?? error);`;
}

interface Maker {
  name: string;
  options: Record<string, unknown>;
  /** The client sends the credentials by itself. */
  hasCredentials: boolean;
}

/** How the clients take their credentials. A client that is not here gets the headers with each call. */
const makers: Record<string, (token: string | undefined, request: SampleRequest) => Maker> = {
  tower: (token, { scheme, client }) => ({
    name: 'createTowerClient',
    options: { clientId: client.clientId, ...(scheme === 'oauth2' && { tokens: { access_token: token } }) },
    hasCredentials: scheme === 'oauth2',
  }),
  ucenter: (token, { client }) => ({
    name: 'createUcenterClient',
    options: { clientId: client.clientId, ...(token !== undefined && { tokens: { access_token: token } }) },
    hasCredentials: token !== undefined,
  }),
  ppmessage: (token) => ({
    name: 'createPpmessageClient',
    options: token === undefined ? {} : { token },
    hasCredentials: token !== undefined,
  }),
  gobelieve: (token = '', { scheme, client }) =>
    scheme === 'server'
      ? { name: 'createGobelieveServerClient', options: client, hasCredentials: true }
      : { name: 'createGobelieveClient', options: { token }, hasCredentials: scheme === 'client' },
};

function clientOf(request: SampleRequest): { code: string; hasCredentials: boolean } {
  const { api, baseUrl, headers, path } = request;
  const token = /^(?:Bearer|OAuth) (.*)/i.exec(headers.Authorization ?? '')?.[1];
  // UCenter's client is for programs; the pages have the types only.
  if (api === 'ucenter' && !/^\/(api|storage)\//.test(path)) {
    const imports = `import createClient from 'openapi-fetch';\nimport type { UcenterPages } from 'qiyue/client';`;
    const make = `const ${api} = createClient<UcenterPages>(${toJavaScript({ baseUrl })});`;
    return { code: `${imports}\n\n${make}`, hasCredentials: false };
  }
  const byDefault = { name: `create${api[0]?.toUpperCase()}${api.slice(1)}Client`, options: {}, hasCredentials: false };
  const { name, options, hasCredentials } = makers[api]?.(token, request) ?? byDefault;
  const code = `import { ${name} } from 'qiyue/client';\n\nconst ${api} = ${name}(${toJavaScript({ baseUrl, ...options })});`;
  return { code, hasCredentials };
}
