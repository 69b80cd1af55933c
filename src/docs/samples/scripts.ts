import { toJavaScript, toPhp, toPython } from './literals.ts';
import { headersOf, type SampleBody, type SampleFile, type SampleRequest, urlOf } from './request.ts';

/** Browsers and Node; a browser sends its own cookies in place of the header. */
export function toFetch(request: SampleRequest): string {
  const { method, body, answer } = request;
  const headers = headersOf(request);
  const hasHeaders = Object.keys(headers).length > 0 && body?.kind !== 'form';
  const form = body?.kind === 'form' ? withoutType(headers) : headers;
  const options = [
    ...(method === 'GET' ? [] : [`method: '${method}'`]),
    ...(answer === 'redirect' ? [`redirect: 'manual'`] : []),
    ...(hasHeaders || Object.keys(form).length > 0 ? [`headers: ${toJavaScript(form, '  ')}`] : []),
    ...fetchBody(body),
  ];
  const argument = options.length === 0 ? '' : `, {\n${options.map((option) => `  ${option},\n`).join('')}}`;
  return `${fetchForm(body)}const response = await fetch(${toJavaScript(urlOf(request))}${argument});\n${fetchAnswer[answer]}`;
}

function fetchBody(body: SampleBody | undefined): string[] {
  switch (body?.kind) {
    case 'json':
      return [`body: JSON.stringify(${toJavaScript(body.value, '  ')})`];
    case 'form':
      return [`body: new URLSearchParams(${toJavaScript(toFields(body.fields), '  ')})`];
    case 'multipart':
      return ['body: form'];
    case 'bytes':
      return [`body: ${fileInJavaScript(body.file)}`];
    default:
      return [];
  }
}

/** The statements that fill `form`; empty for other bodies. */
function fetchForm(body: SampleBody | undefined): string {
  if (body?.kind !== 'multipart') return '';
  const lines = body.fields.map(
    ([name, value]) =>
      `form.append(${toJavaScript(name)}, ${typeof value === 'string' ? toJavaScript(value) : fileInJavaScript(value)});\n`,
  );
  return `const form = new FormData();\n${lines.join('')}`;
}

export function fileInJavaScript({ name, type, text, base64 }: SampleFile): string {
  const content =
    base64 === undefined
      ? toJavaScript(text)
      : `Uint8Array.from(atob(${toJavaScript(base64)}), (byte) => byte.charCodeAt(0))`;
  return `new File([${content}], ${toJavaScript(name)}, { type: ${toJavaScript(type)} })`;
}

const fetchAnswer: Record<SampleRequest['answer'], string> = {
  json: 'console.log(response.status, await response.json());',
  text: 'console.log(response.status, await response.text());',
  file: 'console.log(response.status, await response.blob());',
  stream: `const events = response.body.pipeThrough(new TextDecoderStream());
for await (const text of events) console.log(text);`,
  redirect: `console.log(response.status, response.headers.get('Location'));`,
  nothing: 'console.log(response.status);',
};

export function toRequests(request: SampleRequest): string {
  const { method, body, answer } = request;
  const headers = withoutBasic(headersOf(request));
  const basic = basicOf(request);
  if (body?.kind === 'form' || body?.kind === 'json') delete headers['Content-Type'];
  const files = body?.kind === 'multipart' ? body.fields.filter(([, value]) => typeof value === 'object') : [];
  const isJson = body?.kind === 'json' && body.type === 'application/json';
  if (body?.kind === 'json' && !isJson) headers['Content-Type'] = body.type;
  const options = [
    ...(Object.keys(headers).length > 0 ? [`headers=${toPython(headers, '    ')}`] : []),
    ...(basic ? [`auth=(${basic.map((part) => JSON.stringify(part)).join(', ')})`] : []),
    ...(body?.kind === 'json' ? [`json=${toPython(body.value, '    ')}`] : []),
    ...(body?.kind === 'form' ? [`data=${toPython(toFields(body.fields), '    ')}`] : []),
    ...(body?.kind === 'bytes' ? [`data=${bytesInPython(body.file)}`] : []),
    ...(body?.kind === 'multipart' ? toParts(body.fields, files.length > 0) : []),
    ...(answer === 'stream' ? ['stream=True'] : []),
    ...(answer === 'redirect' ? ['allow_redirects=False'] : []),
  ];
  const needsBase64 = options.some((option) => option.includes('b64decode'));
  const argument = options.map((option) => `    ${option},\n`).join('');
  return `${needsBase64 ? 'from base64 import b64decode\n' : ''}import requests

response = requests.${method.toLowerCase()}(
    ${JSON.stringify(urlOf(request))},
${argument})
${pythonAnswer[answer]}`;
}

function toParts(fields: [string, string | SampleFile][], hasFiles: boolean): string[] {
  const texts = fields.filter(([, value]) => typeof value === 'string');
  const part = ([name, value]: [string, string | SampleFile]) =>
    typeof value === 'string'
      ? `${JSON.stringify(name)}: (None, ${JSON.stringify(value)})`
      : `${JSON.stringify(name)}: (${JSON.stringify(value.name)}, ${bytesInPython(value)}, ${JSON.stringify(value.type)})`;
  // `files` alone makes the body a multipart one.
  if (!hasFiles) return [`files={${fields.map(part).join(', ')}}`];
  const files = fields.filter(([, value]) => typeof value === 'object').map(part);
  const data = texts.length > 0 ? [`data=${toPython(Object.fromEntries(texts), '    ')}`] : [];
  return [...data, `files={${files.join(', ')}}`];
}

const bytesInPython = ({ text, base64 }: SampleFile) =>
  base64 === undefined ? `${JSON.stringify(text)}.encode()` : `b64decode(${JSON.stringify(base64)})`;

const pythonAnswer: Record<SampleRequest['answer'], string> = {
  json: 'print(response.status_code, response.json())',
  text: 'print(response.status_code, response.text)',
  file: 'print(response.status_code, len(response.content))',
  stream: 'for line in response.iter_lines(decode_unicode=True):\n    print(line)',
  redirect: 'print(response.status_code, response.headers.get("Location"))',
  nothing: 'print(response.status_code)',
};

export function toPhpCurl(request: SampleRequest): string {
  const { method, body, answer } = request;
  const headers = withoutBasic(headersOf(request));
  const basic = basicOf(request);
  if (body?.kind === 'form') delete headers['Content-Type'];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const options: [string, string][] = [
    ...(method === 'GET' ? [] : [['CURLOPT_CUSTOMREQUEST', toPhp(method)] as [string, string]]),
    ...(lines.length > 0 ? [['CURLOPT_HTTPHEADER', toPhp(lines, '  ')] as [string, string]] : []),
    ...(basic ? [['CURLOPT_USERPWD', toPhp(basic.join(':'))] as [string, string]] : []),
    ...phpBody(body),
    // A stream is printed as it arrives.
    ...(answer === 'stream' ? [] : [['CURLOPT_RETURNTRANSFER', 'true'] as [string, string]]),
  ];
  const reads = answer === 'stream' ? 'curl_exec($curl);' : phpAnswer(answer);
  return `<?php
$curl = curl_init(${toPhp(urlOf(request))});
curl_setopt_array($curl, [
${options.map(([name, value]) => `  ${name} => ${value},\n`).join('')}]);
${reads}`;
}

function phpBody(body: SampleBody | undefined): [string, string][] {
  switch (body?.kind) {
    case 'json':
      return [['CURLOPT_POSTFIELDS', `json_encode(${toPhp(body.value, '  ')})`]];
    case 'form':
      return [['CURLOPT_POSTFIELDS', `http_build_query(${toPhp(toFields(body.fields), '  ')})`]];
    case 'multipart': {
      const parts = body.fields.map(
        ([name, value]) => `    ${toPhp(name)} => ${typeof value === 'string' ? toPhp(value) : fileInPhp(value)},\n`,
      );
      return [['CURLOPT_POSTFIELDS', `[\n${parts.join('')}  ]`]];
    }
    case 'bytes':
      return [['CURLOPT_POSTFIELDS', bytesInPhp(body.file)]];
    default:
      return [];
  }
}

const bytesInPhp = ({ text, base64 }: SampleFile) =>
  base64 === undefined ? toPhp(text) : `base64_decode(${toPhp(base64)})`;

const fileInPhp = (file: SampleFile) =>
  `new CURLStringFile(${bytesInPhp(file)}, ${toPhp(file.name)}, ${toPhp(file.type)})`;

function phpAnswer(answer: SampleRequest['answer']): string {
  const read = '$answer = curl_exec($curl);\necho curl_getinfo($curl, CURLINFO_RESPONSE_CODE)';
  if (answer === 'json') return `${read}, "\\n";\nprint_r(json_decode($answer, true));`;
  if (answer === 'redirect') return `${read}, ' ', curl_getinfo($curl, CURLINFO_REDIRECT_URL), "\\n";`;
  if (answer === 'text') return `${read}, "\\n", $answer;`;
  return `${read}, "\\n";`;
}

/** Fields as an object; a name that is repeated has a list. */
function toFields(fields: readonly [string, string][]): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = {};
  for (const [name, value] of fields) all[name] = name in all ? [all[name] as string, value].flat() : value;
  return all;
}

/** Name and password of HTTP Basic. */
function basicOf(request: SampleRequest): string[] | undefined {
  const encoded = /^Basic (.*)/.exec(request.headers.Authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [name = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':');
  return [name, password.join(':')];
}

const withoutType = ({ 'Content-Type': _, ...others }: Record<string, string>) => others;

function withoutBasic({ Authorization, ...others }: Record<string, string>): Record<string, string> {
  return Authorization === undefined || Authorization.startsWith('Basic ') ? others : { Authorization, ...others };
}
