/** Settings of topics and brokers. */
import { defineApi } from '../api.ts';
import { array, boolean, int16, int32, int8, string } from '../wire/field.ts';

/** DescribeConfigs, API key 32. */
export const describeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: '1-4',
  flexible: '4+',
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), '0+', { nullable: '0+' }),
    }),
    includeSynonyms: boolean(),
    includeDocumentation: boolean('3+'),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string('0+', { nullable: '0+' }),
        readOnly: boolean(),
        configSource: int8('0+', { default: -1 }),
        isSensitive: boolean(),
        synonyms: array({
          name: string(),
          value: string('0+', { nullable: '0+' }),
          source: int8(),
        }),
        configType: int8('3+', { ignorable: true }),
        documentation: string('3+', { nullable: '3+', ignorable: true }),
      }),
    }),
  },
});

/** IncrementalAlterConfigs, API key 44. */
export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: '0-1',
  flexible: '1+',
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        configOperation: int8(),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
});

/** AlterConfigs, API key 33. */
export const alterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: '0-2',
  flexible: '2+',
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
});
