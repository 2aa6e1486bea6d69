import { customResourceSchemas, DEFINITIONS_FILE, kubernetesSchemas } from './json-schemas.ts';

const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const swagger = {
  definitions: {
    'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': {
      type: 'object',
      properties: { name: { type: 'string', description: 'Its name.' } },
    },
    [quantity]: { type: 'string' },
    Claim: {
      type: 'object',
      properties: { size: { $ref: `#/definitions/${quantity}` } },
      'x-kubernetes-group-version-kind': [{ group: '', kind: 'Claim', version: 'v1' }],
    },
    Other: { type: 'object', 'x-kubernetes-group-version-kind': [{ group: 'apps', kind: 'Other', version: 'v1' }] },
  },
};

describe('kubernetesSchemas', () => {
  const files = kubernetesSchemas(swagger, ['v1 Claim']);

  it('keeps the kinds that are asked for and what they are made of', () => {
    expect([...files.keys()]).toEqual(['claim-v1.json', DEFINITIONS_FILE]);
    const { definitions } = files.get(DEFINITIONS_FILE) as { definitions: object };
    expect(Object.keys(definitions)).toEqual(['Claim', quantity, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']);
  });

  it('leaves no room for keys that nobody knows, and takes a quantity as a number too', () => {
    expect(files.get(DEFINITIONS_FILE)).toEqual({
      definitions: expect.objectContaining({
        Claim: { type: 'object', properties: { size: { $ref: `#/definitions/${quantity}` } }, additionalProperties: false },
        [quantity]: { type: ['string', 'number'] },
      }),
    });
  });
});

describe('customResourceSchemas', () => {
  const definition = {
    spec: {
      group: 'kafka.strimzi.io',
      names: { kind: 'KafkaThing' },
      versions: [
        {
          name: 'v1',
          served: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                metadata: { type: 'object' },
                spec: {
                  type: 'object',
                  properties: {
                    config: {
                      type: 'object',
                      'x-kubernetes-preserve-unknown-fields': true,
                      properties: { known: { type: 'string' } },
                    },
                    port: { 'x-kubernetes-int-or-string': true },
                    note: { type: 'string', nullable: true, description: 'Said.' },
                  },
                },
                status: { type: 'object' },
              },
            },
          },
        },
        { name: 'v1beta2', served: false, schema: { openAPIV3Schema: { type: 'object' } } },
      ],
    },
  };

  it('has a file for each version that is served, closed but where unknown keys are kept', () => {
    expect(Object.fromEntries(customResourceSchemas(definition))).toEqual({
      'kafkathing-kafka-v1.json': {
        type: 'object',
        additionalProperties: false,
        required: ['apiVersion', 'kind', 'metadata', 'spec'],
        properties: {
          metadata: { $ref: 'definitions.json#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
          spec: {
            type: 'object',
            additionalProperties: false,
            properties: {
              config: { type: 'object', properties: { known: { type: 'string' } } },
              port: { type: ['string', 'number'] },
              note: { type: ['string', 'null'] },
            },
          },
        },
      },
    });
  });
});
