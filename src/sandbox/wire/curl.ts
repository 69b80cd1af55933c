/** What curl sends: everything without secrets. */
export interface BlankRequest {
  method: string;
  /** With its query. */
  url: string;
  headers: Readonly<Record<string, unknown>>;
  body: unknown;
  /** The scheme of Authorization, such as `Bearer`; undefined without one. */
  scheme: string | undefined;
}

/** Headers that curl writes itself, or that matter to this connection only. */
const own =
  /^(?:host|connection|content-length|transfer-encoding|accept-encoding|user-agent|expect|keep-alive|cookie|authorization|origin|referer|sec-.*|x-request-id|dnt)$/;

/** A shell command that sends a request again, with the token in the variable TOKEN. */
export function toCurl({ method, url, headers, body, scheme }: BlankRequest): string {
  const type = String(headers['content-type'] ?? '');
  const isMultipart = type.startsWith('multipart/');
  const verb = method === 'GET' ? '' : method === 'HEAD' ? ' -I' : ` -X ${method}`;
  const parts = [
    `curl${verb} ${quote(withToken(url))}`,
    ...(scheme === undefined ? [] : [`-H "Authorization: ${scheme} $TOKEN"`]),
    ...Object.entries(headers)
      .filter(([name]) => !own.test(name) && !(isMultipart && name === 'content-type'))
      .map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...toData(body, type),
  ];
  return parts.join(' \\\n  ');
}

function toData(body: unknown, type: string): string[] {
  if (body === null || body === undefined) return [];
  const isForm = type.startsWith('application/x-www-form-urlencoded');
  if (typeof body !== 'object' || !(isForm || type.startsWith('multipart/')))
    return [`--data-raw ${quote(typeof body === 'string' ? body : JSON.stringify(body))}`];
  const fields = Object.entries(body).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const));
  return fields.map(([name, value]) => {
    const { file } = (value ?? {}) as { file?: string };
    if (file !== undefined) return `-F ${quote(`${name}=@${file}`)}`;
    return `${isForm ? '--data-urlencode' : '-F'} ${quote(withToken(`${name}=${value}`))}`;
  });
}

const TOKEN = '\u0000';

/** A blanked token of an address or of a form is the variable. */
const withToken = (text: string) => text.replace(/((?:^|[?&])\w*token=)\*{3}/g, `$1${TOKEN}`);

/** For a POSIX shell: in single quotes, or in double ones where it has to see the variable. */
function quote(text: string): string {
  if (!text.includes(TOKEN)) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `"${text.replace(/[\\"$`]/g, '\\$&').replaceAll(TOKEN, '$TOKEN')}"`;
}
