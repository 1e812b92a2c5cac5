/** The broker that coordinates a group or a transactional id: looked up when needed, forgotten when it turns out to be another. */
import { apis, type Api } from '@millrace/protocol';
import type { Body, RequestOptions } from './broker-connection.ts';
import { throwOnError } from './broker-error.ts';
import type { Answered, Cluster } from './cluster.ts';

export type CoordinatorType = 'group' | 'transaction';

const keyTypes = { group: 0, transaction: 1 } as const;
const abouts = { group: 'group', transaction: 'transactional id' } as const;

export class Coordinator {
  readonly #cluster: Cluster;
  readonly #type: CoordinatorType;
  readonly #key: string;
  readonly #lane: string;
  #node: number | undefined;
  #finding: Promise<number> | undefined;

  constructor(cluster: Cluster, type: CoordinatorType, key: string, lane: string) {
    this.#cluster = cluster;
    this.#type = type;
    this.#key = key;
    this.#lane = lane;
  }

  /** What answers of this coordinator are about, for messages. */
  get about(): string {
    return `${abouts[this.#type]} ${this.#key}`;
  }

  /** One attempt. A broken connection makes it look for the coordinator anew next time. */
  async call<Req, Res>(
    api: Api<Req, Res>,
    body: Body<Req>,
    options?: RequestOptions,
    lane = this.#lane,
  ): Promise<Answered<Res>> {
    const node = this.#node ?? (await this.#find());
    try {
      return { answer: await this.#cluster.call(node, lane, api, body, options), node };
    } catch (error) {
      if (this.#node === node) this.#node = undefined;
      throw error;
    }
  }

  /** An answer said that the coordinator is another broker or not ready. */
  forget(): void {
    this.#node = undefined;
  }

  #find(): Promise<number> {
    this.#finding ??= this.#lookUp().finally(() => (this.#finding = undefined));
    return this.#finding;
  }

  async #lookUp(): Promise<number> {
    const keyType = keyTypes[this.#type];
    const body = (version: number) =>
      version >= 4 ? { keyType, coordinatorKeys: [this.#key] } : { keyType, key: this.#key };
    const { answer, node } = await this.#cluster.callAny(apis.FindCoordinator, body, { minVersion: 1 });
    const found = answer.coordinators[0] ?? answer;
    throwOnError(found.errorCode, { api: 'FindCoordinator', node, about: this.about });
    this.#cluster.metadata.addNode({ node: found.nodeId, host: found.host, port: found.port });
    this.#node = found.nodeId;
    return found.nodeId;
  }
}
