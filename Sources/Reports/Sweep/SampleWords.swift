import Experiments

/// What estimates from a sample are worth, in words.
public enum SampleWords {
    /// The name under which a sweep's origin has its sample.
    public static let entry = "sample"

    /// What a sweep's estimates are worth; empty where all of the trace was counted.
    static func of(_ table: SweepTable) -> String {
        guard let sample = table.origin.first(where: { $0.name == entry })?.value else { return "" }
        let bounds =
            "Estimates from a sample (\(sample)), with bounds of nominally \(Int(100 * SweepEstimate.confidence)) % from how "
            + "much its parts differ. "
        guard sample.hasPrefix("intervals") else {
            return bounds + "A few hot sets that were not drawn are not in them."
        }
        return bounds
            + "A rare phase between the pieces is not in them. Where a machine only counts and all of its caches are LRU, "
            + "they hold what level 1 may lack where a piece begins; level 2, write-backs, FIFO and time are guessed there, "
            + "and a longer --warm-up makes up for that."
    }
}
