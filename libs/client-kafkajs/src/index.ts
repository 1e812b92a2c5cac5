export { createKafkajsClient, type KafkajsClientOptions } from './kafkajs-client.ts';
