/// All that was found of a trace, in the order of its statements.
public struct Judgement: Hashable, Sendable {
    /// The findings.
    public let findings: [Finding]

    /// Puts the three kinds together: what a replay showed is not said again as possible.
    ///
    /// - Parameters:
    ///   - manifest: What the replay showed.
    ///   - latent: What may be.
    ///   - misuse: Which rules are broken.
    ///   - profile: Facts of the machine, for mends and their costs.
    public init(manifest: [Finding], latent: [Finding], misuse: [Finding], profile: HazardProfile) {
        let possible = latent.filter { candidate in
            !manifest.contains { shown in
                shown.overlaps(candidate)
                    && (shown.record == candidate.record || shown.code == candidate.code)
            }
        }
        findings = (manifest + possible + misuse).enumerated().sorted {
            ($0.element.record, $0.offset) < ($1.element.record, $1.offset)
        }.map { $0.element.worded(for: profile) }
    }

    /// How many findings have a verdict.
    public func count(_ verdict: Verdict) -> Int { findings.count { $0.verdict == verdict } }
}
