import { controlOf } from '../model/control.ts';
import type { NewFault, SetFault } from '../model/faults.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation, Schemas } from '../wire/operation.ts';

/** The oldest first. */
export const listFaults: Operation<'listFaults'> = ({ request }, { parts }) => ({
  status: 200,
  headers: noStore,
  body: controlOf(request, parts.controls).faults.list().map(toFault),
});

/** Sets a fault. It acts on the calls that come from now on (S-7). */
export const createFault: Operation<'createFault'> = ({ body, request }, { parts }) => ({
  status: 201,
  headers: noStore,
  body: toFault(controlOf(request, parts.controls).faults.create(body as NewFault)),
});

export const clearFaults: Operation<'clearFaults'> = ({ request }, { parts }) => {
  controlOf(request, parts.controls).faults.clear();
  return { status: 204, headers: noStore };
};

export const deleteFault: Operation<'deleteFault'> = ({ params, request }, { parts }) => {
  controlOf(request, parts.controls).faults.delete(params.fault_id);
  return { status: 204, headers: noStore };
};

const toFault = (fault: SetFault) => fault as Schemas['Fault'];
