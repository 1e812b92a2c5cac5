import { millraceError } from '@millrace/base';

/** `<application id>-<name>`: how repartition topics are called in Kafka. */
export function internalTopicName(applicationId: string, name: string): string {
  return `${applicationId}-${name}`;
}

/** `<application id>-<store>-changelog` */
export function changelogTopicName(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`;
}

/** Names that Kafka Streams takes (its class Named): topics and directories are called after them. Throws MR_TOPOLOGY_NAME. */
export function requireName(name: string, what: string): string {
  const isLegal = typeof name === 'string' && /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
  if (!isLegal) throw millraceError('MR_TOPOLOGY_NAME', { what, name });
  return name;
}
