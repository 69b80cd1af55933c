import { startServer } from '../support/server.ts';

/** A server of its own with the demo data, which it can have again at any time. */
export interface OwnServer {
  /** Its address, without a slash at the end. */
  url: string;
  /** Brings the demo data, the clock and the rest of the sandbox to their beginning. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function startOwnServer(environment: Record<string, string> = {}): Promise<OwnServer> {
  const server = await startServer(environment);
  const control = `${server.url}/sandbox`;
  return {
    url: server.url,
    close: () => server.close(),
    async reset() {
      for (const { id } of (await (await fetch(`${control}/worlds`)).json()) as { id: string }[])
        await fetch(`${control}/worlds/${id}`, { method: 'DELETE' });
      for (const path of ['faults', 'clock']) await fetch(`${control}/${path}`, { method: 'DELETE' });
      const { status } = await fetch(`${control}/reset`, { method: 'POST' });
      if (status !== 204) throw new Error(`The sandbox cannot be reset: ${status}`);
    },
  };
}
