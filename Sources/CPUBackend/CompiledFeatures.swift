import CPlatform

/// What the Swift code of this module was compiled for, as bits that `platform_feature_name` names.
///
/// Never inlined: the answer would be that of another module. And nothing but a number: it must be safe to ask on a
/// processor that lacks the features.
@inline(never)
package func compiledFeatures() -> UInt32 { platform_compiled_features() }
