import { processIdentity } from '@millrace/runtime';
import type { StreamsConfig, StreamsPorts } from 'millrace';

/**
 * A worker is a static member (KIP-345) unless GROUP_INSTANCE_ID names it otherwise: its name is the identity that is kept with its state. When it
 * is killed and comes back to its state, it has its tasks at once; a dynamic member's tasks would rest until its session has timed out.
 */
export async function asStaticMember(config: StreamsConfig, { engines, random }: StreamsPorts): Promise<StreamsConfig> {
  return { ...config, groupInstanceId: config.groupInstanceId ?? (await processIdentity(engines, random)) };
}
