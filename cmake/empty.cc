// The library of a set of precompiled headers has a source file, and this is it.
