import type { DeliveryLog } from '../../src/delivery/worker.ts';

export const silent: DeliveryLog = { info() {}, warn() {}, error() {} };
