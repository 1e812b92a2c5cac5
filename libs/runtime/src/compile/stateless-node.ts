import {
  filter,
  flatMap,
  flatMapValues,
  foreach,
  map,
  mapValues,
  peek,
  repartitionFilter,
  selectKey,
  type StreamNode,
} from '@millrace/operators';
import type { FunctionRef, Operation } from '@millrace/topology';

export type StatelessOperation = Extract<
  Operation,
  {
    readonly type:
      | 'filter'
      | 'map'
      | 'flatMap'
      | 'mapValues'
      | 'flatMapValues'
      | 'selectKey'
      | 'peek'
      | 'foreach'
      | 'merge'
      | 'repartitionFilter';
  }
>;

/** The closure of a step without state; `find` gives the program's functions. */
export function statelessNode(
  operation: StatelessOperation,
  find: <F>(ref: FunctionRef) => F,
  next: StreamNode,
): StreamNode {
  switch (operation.type) {
    case 'filter':
      return filter(find(operation.predicate), operation.negate, next);
    case 'map':
      return map(find(operation.mapper), next);
    case 'flatMap':
      return flatMap(find(operation.mapper), next);
    case 'mapValues':
      return mapValues(find(operation.mapper), next);
    case 'flatMapValues':
      return flatMapValues(find(operation.mapper), next);
    case 'selectKey':
      return selectKey(find(operation.mapper), next);
    case 'peek':
      return peek(find(operation.action), next);
    case 'foreach':
      return foreach(find(operation.action));
    case 'repartitionFilter':
      return repartitionFilter(operation.dropNullKeys, next);
    case 'merge':
      return next;
  }
}
