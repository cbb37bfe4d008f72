/// Neighbouring accesses of a window, and what they are of a sample.
struct SamplePart: Hashable, Sendable {
    /// Which accesses of the window.
    var range: Range<Int>
    /// The unit they are counted in; nil: they are for warmth.
    var unit: Int?
    /// How many accesses of the trace they are.
    var counts: AccessCounts
    /// Whether accesses that come before them are missing.
    var followsGap = false
    /// Whether they are the last of their unit.
    var endsUnit = false
}
