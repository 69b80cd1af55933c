/** A world of the sandbox for one tab of a browser: what is sent there changes nothing for other readers. */
export interface World {
  id: string;
  /** Below it each API has its name. */
  baseUrl: string;
  /** How long it stays without a request. */
  ttlMs: number;
  /** When it ends unless a request comes before, in milliseconds. */
  endsAt: number;
}

const keyOf = (control: string) => `qiyue-world ${control}`;

/** The world that this tab has on a sandbox, also after another page has been opened in it. */
export function keptWorld(control: string): World | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(control)) ?? '') as World;
  } catch {
    return undefined;
  }
}

/** @param world undefined forgets it */
export function keepWorld(control: string, world: World | undefined): void {
  try {
    if (world === undefined) sessionStorage.removeItem(keyOf(control));
    else sessionStorage.setItem(keyOf(control), JSON.stringify(world));
  } catch {
    // A browser without storage has a new world on each page.
  }
}

/** Makes a world with fresh demo data. Undefined when the sandbox has as many as it may have, or makes none. */
export async function createWorld(control: string): Promise<World | undefined> {
  const response = await fetch(`${control}/worlds`, { method: 'POST' });
  if (!response.ok) return undefined;
  const { id, base_url, expires_at } = (await response.json()) as { id: string; base_url: string; expires_at: string };
  const endsAt = Date.parse(expires_at);
  return { id, baseUrl: base_url, ttlMs: Math.max(0, endsAt - Date.now()), endsAt };
}

/** Whether a world has ended. */
export const hasEnded = async (control: string, { id }: World): Promise<boolean> =>
  (await fetch(`${control}/worlds/${id}`)).status === 404;

export const endWorld = (control: string, { id }: World): Promise<unknown> =>
  fetch(`${control}/worlds/${id}`, { method: 'DELETE' });
