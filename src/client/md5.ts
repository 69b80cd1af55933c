/**
 * The MD5 of a file in lower-case hex, which WebCrypto does not have. The file is read piece by piece. The code for it is
 * loaded with the first upload, so that a page without uploads does not carry it.
 */
export async function md5(file: Blob, signal?: AbortSignal): Promise<string> {
  const { md5 } = await import('@noble/hashes/legacy.js');
  const hash = md5.create();
  const reader = file.stream().getReader();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      hash.update(value);
    }
  } finally {
    void reader.cancel();
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
