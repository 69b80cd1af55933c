import type { Api } from '../../http/api.ts';
import type { Hooks } from '../../http/hooks.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { World } from '../../http/world.ts';
import { Faults } from './faults.ts';
import { RequestLog } from './request-log.ts';

/** What a sandbox keeps in memory about the calls of its APIs. */
export interface Control {
  faults: Faults;
  requests: RequestLog;
  /** How often the control API has made data, and changed a token. */
  counts: { seed: number; token: number };
  hooks: Hooks;
}

/** The control of the world that a control call was sent to; on the mock, which has no worlds, that of the outside. */
export const controlOf = ({ world }: RequestInfo, controls: Controls): Control => controls.of(world);

/** The control of each world. Server and mock share that of the outside when both run. */
export class Controls {
  readonly #create: () => Control;
  readonly #outside: Control;
  readonly #ofWorlds = new WeakMap<object, Control>();

  /**
   * @param apis the APIs whose calls can fail
   * @param keepsRequests whether there is a log of requests
   */
  constructor(apis: readonly Api[], keepsRequests: boolean) {
    this.#create = () => createControl(apis, keepsRequests);
    this.#outside = this.#create();
  }

  /** @param world undefined where there are none */
  of(world: World | undefined): Control {
    if (world?.id === undefined) return this.#outside;
    const control = this.#ofWorlds.get(world) ?? this.#create();
    this.#ofWorlds.set(world, control);
    return control;
  }
}

function createControl(apis: readonly Api[], keepsRequests: boolean): Control {
  const faults = new Faults(apis);
  const requests = new RequestLog();
  const hooks: Hooks = {
    begin: (api, request, record, clock) => (keepsRequests ? requests.begin(api, request, record, clock) : undefined),
    get hasFaults() {
      return !faults.isEmpty;
    },
    findFault: (call) => faults.find(call),
  };
  return { faults, requests, counts: { seed: 0, token: 0 }, hooks };
}
