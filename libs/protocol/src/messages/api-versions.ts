/** What a broker speaks: the first request of every connection. */
import { defineApi } from '../api.ts';
import { array, boolean, int16, int32, int64, string } from '../wire/field.ts';

/** ApiVersions, API key 18. */
export const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: '0-4',
  flexible: '3+',
  request: {
    clientSoftwareName: string('3+', { ignorable: true }),
    clientSoftwareVersion: string('3+', { ignorable: true }),
  },
  response: {
    errorCode: int16(),
    apiKeys: array({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32('1+', { ignorable: true }),
    supportedFeatures: array(
      {
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      },
      '3+',
      { tag: 0, ignorable: true },
    ),
    finalizedFeaturesEpoch: int64('3+', { tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: array(
      {
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      },
      '3+',
      { tag: 2, ignorable: true },
    ),
    zkMigrationReady: boolean('3+', { tag: 3, ignorable: true }),
  },
});
