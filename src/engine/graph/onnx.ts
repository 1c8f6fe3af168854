/** The messages of onnx.proto that a generated graph uses, with their field numbers, as plain functions. */
import type { DataType, Shape } from './ops.ts';
import { ProtobufWriter } from './protobuf.ts';

export const opsetVersion = 21;
const irVersion = 10;
const elementType: Record<DataType, number> = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 };

export type AttributeValue = number | { float: number } | string | readonly number[] | { floatTensor: number };

export interface OnnxNode {
  type: string;
  domain: '' | 'com.microsoft';
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Record<string, AttributeValue>;
}

export interface OnnxInitializer {
  name: string;
  dtype: DataType;
  shape: readonly number[];
  content: { raw: Uint8Array } | { location: string; offset: number; byteLength: number };
}

export interface OnnxValue {
  name: string;
  dtype: DataType;
  shape: Shape;
}

export interface OnnxModel {
  name: string;
  nodes: readonly OnnxNode[];
  initializers: readonly OnnxInitializer[];
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
}

/** ModelProto bytes. */
export function writeModel(model: OnnxModel): Uint8Array {
  return new ProtobufWriter()
    .int(1, irVersion)
    .string(2, 'singular')
    .message(7, (graph) => {
      for (const node of model.nodes) graph.message(1, (message) => writeNode(message, node));
      graph.string(2, model.name);
      for (const initializer of model.initializers) graph.message(5, (message) => writeInitializer(message, initializer));
      for (const value of model.inputs) graph.message(11, (message) => writeValue(message, value));
      for (const value of model.outputs) graph.message(12, (message) => writeValue(message, value));
    })
    .message(8, (opset) => opset.string(1, '').int(2, opsetVersion))
    .message(8, (opset) => opset.string(1, 'com.microsoft').int(2, 1))
    .finish();
}

function writeNode(message: ProtobufWriter, node: OnnxNode): void {
  for (const name of node.inputs) message.string(1, name);
  for (const name of node.outputs) message.string(2, name);
  message.string(4, node.type);
  for (const [name, value] of Object.entries(node.attributes)) message.message(5, (attribute) => writeAttribute(attribute, name, value));
  if (node.domain !== '') message.string(7, node.domain);
}

/** AttributeProto.type: FLOAT 1, INT 2, STRING 3, TENSOR 4, INTS 7 */
function writeAttribute(message: ProtobufWriter, name: string, value: AttributeValue): void {
  message.string(1, name);
  if (typeof value === 'number') message.int(3, value).int(20, 2);
  else if (typeof value === 'string') message.string(4, value).int(20, 3);
  else if ('float' in value) message.float(2, value.float).int(20, 1);
  else if ('floatTensor' in value) {
    const raw = new Uint8Array(Float32Array.of(value.floatTensor).buffer);
    message.message(5, (tensor) => writeInitializer(tensor, { name: '', dtype: 'float32', shape: [1], content: { raw } })).int(20, 4);
  } else {
    for (const item of value) message.int(8, item);
    message.int(20, 7);
  }
}

/** TensorProto; `dataLocation` EXTERNAL is 1 */
function writeInitializer(message: ProtobufWriter, { name, dtype, shape, content }: OnnxInitializer): void {
  for (const extent of shape) message.int(1, extent);
  message.int(2, elementType[dtype]).string(8, name);
  if ('raw' in content) {
    message.raw(9, content.raw);
    return;
  }
  const entries = { location: content.location, offset: String(content.offset), length: String(content.byteLength) };
  for (const [key, value] of Object.entries(entries)) message.message(13, (entry) => entry.string(1, key).string(2, value));
  message.int(14, 1);
}

function writeValue(message: ProtobufWriter, { name, dtype, shape }: OnnxValue): void {
  message.string(1, name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.int(1, elementType[dtype]).message(2, (dimensions) => {
        for (const dim of shape) {
          dimensions.message(1, (dimension) => (typeof dim === 'number' ? dimension.int(1, dim) : dimension.string(2, dim)));
        }
      }),
    ),
  );
}
