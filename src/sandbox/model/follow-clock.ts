import type { SandboxContext } from './parts.ts';

/** Does what is due after the clock was moved: retries, housekeeping, and limits whose time is over. */
export async function followClock({ parts, ...context }: SandboxContext, before: number): Promise<void> {
  // A mock that runs alone has nothing that is due.
  if (!('database' in context)) return;
  const ahead = context.clock.now() - before;
  context.messages.wake();
  if (ahead <= 0) return;
  await context.limits.clear(ahead);
  await parts.cleanUp(context);
}
