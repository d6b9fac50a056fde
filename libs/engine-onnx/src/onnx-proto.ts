import type protobuf from 'protobufjs/minimal.js';

export type Writer = protobuf.Writer;

/** The ONNX operator set that every operator here is taken from. */
export const OPSET = 17;
/** The file format that belongs to operator set 17. */
export const IR_VERSION = 8;
export const FLOAT = 1;
export const INT64 = 7;

/** Field numbers of onnx.proto, by message. */
export const MODEL = { irVersion: 1, producer: 2, graph: 7, opset: 8 } as const;
export const OPSET_ID = { version: 2 } as const;
export const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
export const NODE = { input: 1, output: 2, type: 4, attribute: 5 } as const;
export const ATTRIBUTE = { name: 1, float: 2, int: 3, ints: 8, type: 20 } as const;
export const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;
export const TENSOR = { dims: 1, dataType: 2, floats: 4, int64s: 7, name: 8 } as const;
export const VALUE_INFO = { name: 1, type: 2 } as const;

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
