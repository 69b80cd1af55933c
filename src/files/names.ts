/** The last 255 characters of a file's name, without directories (of either slash) and control characters. */
export function cleanFileName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  const clean = base.replace(/\p{Cc}/gu, '').toWellFormed();
  return /^\.{0,2}$/.test(clean) ? 'file' : [...clean].slice(-255).join('');
}
