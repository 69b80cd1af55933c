import { requireResource } from '../model/resources.ts';
import { toDocument } from '../wire/document.ts';
import type { Operation } from '../wire/operation.ts';

export const getResource: Operation<'getResource'> = async ({ params, actor }, context) => {
  const { id, type } = await requireResource(params, actor.userId, context);
  return { status: 200, body: toDocument({ id, type }) };
};
