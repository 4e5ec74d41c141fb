#pragma once

/// The version as one number, major * 10000 + minor * 100 + patch: 100 is 0.1.0. CMake reads it
/// from here.
// NOLINTNEXTLINE(modernize-macro-to-enum): the preprocessor and CMake have to read it
#define SLUICE_VERSION 100

/// The version as text, for logs and messages.
#define SLUICE_VERSION_STRING "0.1.0"
