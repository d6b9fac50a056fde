import type protobuf from 'protobufjs/minimal.js';

export type Writer = protobuf.Writer;

/** The ONNX operator set that every operator here is taken from. */
export const OPSET = 17;
/** The file format that belongs to operator set 17. */
export const IR_VERSION = 8;
export const FLOAT = 1;
export const INT64 = 7;

/** Field numbers of onnx.proto, by message. */
export const MODEL = { irVersion: 1, producer: 2, graph: 7, opset: 8, metadata: 14 } as const;
export const OPSET_ID = { version: 2 } as const;
export const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
export const NODE = { input: 1, output: 2, type: 4, attribute: 5 } as const;
export const ATTRIBUTE = { name: 1, float: 2, int: 3, ints: 8, type: 20 } as const;
export const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;
export const TENSOR = { dims: 1, dataType: 2, floats: 4, int64s: 7, name: 8, raw: 9 } as const;
export const VALUE_INFO = { name: 1, type: 2 } as const;
/** Those of TypeProto and what it holds. */
const TYPE = { tensor: 1, element: 1, shape: 2, dim: 1, size: 1, name: 2 } as const;
export const ENTRY = { key: 1, value: 2 } as const;

export const VARINT = 0;
export const BYTES = 2;
export const FIXED32 = 5;

/** An attribute of a node. */
export type Attribute = { readonly name: string } & ({ float: number } | { int: number } | { ints: readonly number[] });

/** What comes before a field. */
export function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

/** A field that is a message of its own. */
export function message(writer: Writer, field: number, body: (writer: Writer) => unknown): void {
  writer.uint32(tag(field, BYTES)).fork();
  body(writer);
  writer.ldelim();
}

/** The fields of an attribute. */
export function writeAttribute(writer: Writer, attribute: Attribute): void {
  writer.uint32(tag(ATTRIBUTE.name, BYTES)).string(attribute.name);
  let type: number;
  if ('float' in attribute) {
    type = ATTRIBUTE_TYPE.float;
    writer.uint32(tag(ATTRIBUTE.float, FIXED32)).float(attribute.float);
  } else if ('int' in attribute) {
    type = ATTRIBUTE_TYPE.int;
    writer.uint32(tag(ATTRIBUTE.int, VARINT)).int64(attribute.int);
  } else {
    type = ATTRIBUTE_TYPE.ints;
    for (const value of attribute.ints) writer.uint32(tag(ATTRIBUTE.ints, VARINT)).int64(value);
  }
  writer.uint32(tag(ATTRIBUTE.type, VARINT)).int32(type);
}

/** Numbers that are part of a model. @param values those in `raw` are fp32 */
export function writeInitializer(
  writer: Writer,
  name: string,
  dims: readonly number[],
  values:
    { readonly floats: readonly number[] } | { readonly int64s: readonly number[] } | { readonly raw: Float32Array },
): void {
  message(writer, GRAPH.initializer, (tensor) => {
    for (const dim of dims) tensor.uint32(tag(TENSOR.dims, VARINT)).int64(dim);
    tensor.uint32(tag(TENSOR.dataType, VARINT)).int32('int64s' in values ? INT64 : FLOAT);
    if ('raw' in values) {
      const { buffer, byteOffset, byteLength } = values.raw;
      tensor.uint32(tag(TENSOR.raw, BYTES)).bytes(new Uint8Array(buffer, byteOffset, byteLength));
    } else if ('floats' in values) {
      for (const value of values.floats) tensor.uint32(tag(TENSOR.floats, FIXED32)).float(value);
    } else {
      for (const value of values.int64s) tensor.uint32(tag(TENSOR.int64s, VARINT)).int64(value);
    }
    tensor.uint32(tag(TENSOR.name, BYTES)).string(name);
  });
}

/** An fp32 input or output of a model. @param dims sizes, or the names of those that are left open */
export function writeValueInfo(writer: Writer, field: number, name: string, dims: readonly (number | string)[]): void {
  message(writer, field, (info) => {
    info.uint32(tag(VALUE_INFO.name, BYTES)).string(name);
    message(info, VALUE_INFO.type, (type) =>
      message(type, TYPE.tensor, (tensor) => {
        tensor.uint32(tag(TYPE.element, VARINT)).int32(FLOAT);
        message(tensor, TYPE.shape, (shape) => {
          for (const size of dims) {
            message(shape, TYPE.dim, (dim) =>
              typeof size === 'number'
                ? dim.uint32(tag(TYPE.size, VARINT)).int64(size)
                : dim.uint32(tag(TYPE.name, BYTES)).string(size),
            );
          }
        });
      }),
    );
  });
}
