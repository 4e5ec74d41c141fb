// Without a source that uses it CMake makes no precompiled header.
