#pragma once

/// The version as one number, major * 10000 + minor * 100 + patch: 100 is 0.1.0. CMake reads it
/// from here.
// NOLINTNEXTLINE(modernize-macro-to-enum): the preprocessor and CMake have to read it
#define SLUICE_VERSION 100

/// The version as text, for logs and messages.
#define SLUICE_VERSION_STRING "0.1.0"

// The engine can be compiled once: define SLUICE_SEPARATE_COMPILATION everywhere and compile one
// source that includes <sluice/impl/src.hpp>. The mode is part of the inline namespace, so that
// mixing both fails to link instead of breaking silently.
#if defined(SLUICE_SEPARATE_COMPILATION)
#define SLUICE_ABI v0_compiled
#define SLUICE_DECL
#else
#define SLUICE_ABI v0_headers
#define SLUICE_DECL inline
#endif
