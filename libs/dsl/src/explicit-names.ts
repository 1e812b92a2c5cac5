/** ensure.explicit.internal.resource.naming (KIP-1111): names with a number change when a step is added before them, and with them stores and topics. */
import { millraceError } from '@millrace/base';
import type { Topology } from '@millrace/topology';

/** The names that the builder makes: `KSTREAM-AGGREGATE-STATE-STORE-0000000003`, `orders-STATE-STORE-0000000000`. */
const made = /(?:KSTREAM|KTABLE|STATE-STORE)[A-Z-]*-\d{10}/;

/** Throws MR_TOPOLOGY_NAMES_MISSING with every store and internal topic that the user has not named. */
export function requireExplicitNames({
  stores,
  repartitionTopics,
}: Pick<Topology, 'stores' | 'repartitionTopics'>): void {
  const isMade = ({ name }: { readonly name: string }): boolean => made.test(name);
  const unnamed = stores.filter(isMade);
  const names = {
    stores: unnamed.map(({ name }) => name),
    changelogs: unnamed.filter(({ logging }) => logging).map(({ name }) => `${name}-changelog`),
    repartitions: repartitionTopics.filter(isMade).map(({ name }) => name),
  };
  if (names.stores.length + names.repartitions.length > 0) throw millraceError('MR_TOPOLOGY_NAMES_MISSING', names);
}
