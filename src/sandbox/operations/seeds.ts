import { controlOf } from '../model/control.ts';
import { seed } from '../model/seeds.ts';
import { toCredentials } from '../wire/credentials.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';

/** Makes data that the caller describes, in the world of the request (S-10). */
export const seedSandbox: Operation<'seedSandbox'> = async ({ body, request }, context) => {
  const ids = await seed(context, context.parts, body);
  controlOf(request, context.parts.controls).counts.seed += 1;
  return { status: 201, headers: noStore, body: { ids, credentials: await toCredentials(context, request.serverUrl) } };
};
