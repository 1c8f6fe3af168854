/**
 * ONNX Runtime, and nothing told about it: the only file that imports onnxruntime-node.
 *
 * From 1.29 on the official binaries for Linux and macOS keep an identifier of the machine and events about sessions and
 * models below the home directory and upload them to their vendor (microsoft/onnxruntime pull request 27379). The one
 * way to prevent all of it is this variable, read when the first session is made. On Windows the package for Node offers no
 * switch: there the runtime writes trace events to the system, which sends them only where the user agreed to that.
 */
import process from 'node:process';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

export * from 'onnxruntime-node';
