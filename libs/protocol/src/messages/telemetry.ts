/** Client metrics pushed to the broker (KIP-714). */
import { defineApi } from '../api.ts';
import { array, boolean, bytes, int16, int32, int8, string, uuid } from '../wire/field.ts';

/** GetTelemetrySubscriptions, API key 71. */
export const getTelemetrySubscriptions = defineApi({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: '0-0',
  flexible: '0+',
  request: {
    clientInstanceId: uuid(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array(int8()),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: boolean(),
    requestedMetrics: array(string()),
  },
});

/** PushTelemetry, API key 72. */
export const pushTelemetry = defineApi({
  key: 72,
  name: 'PushTelemetry',
  versions: '0-0',
  flexible: '0+',
  request: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: boolean(),
    compressionType: int8(),
    metrics: bytes(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
});
