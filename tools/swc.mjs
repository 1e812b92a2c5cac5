/** How TypeScript becomes JavaScript here, for the build and for Jest alike: types stripped, nothing bundled. */
export const swcOptions = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    rewriteRelativeImportExtensions: true,
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: true,
};
