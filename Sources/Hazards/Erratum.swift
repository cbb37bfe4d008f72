/// A fault of a part, as far as the model has it.
public struct Erratum: Hashable, Sendable {
    /// Whose number it is, and which: `PL310 erratum 588369`.
    public var name: String
    /// What the part does, in a sentence without a full stop.
    public var effect: String
    /// How it is worked round.
    public var mend: String

    /// Describes an erratum.
    public init(name: String, effect: String, mend: String) {
        self.name = name
        self.effect = effect
        self.mend = mend
    }
}

extension Judgement {
    /// The judgement, with an erratum named as the cause (H29) of what goes wrong with it alone.
    ///
    /// What a replay showed is the erratum's doing if on the mended part nothing is found of the same bytes, neither by
    /// replay nor as possible: then the program is right, and the part is not.
    ///
    /// - Parameters:
    ///   - erratum: The erratum.
    ///   - mended: The judgement of the same program on the same machine without it.
    ///   - profile: Facts of the machine, for mends.
    /// - Returns: the judgement with the same findings, some of them under another code.
    public func attributed(
        to erratum: Erratum, mended: Judgement, profile: HazardProfile
    ) -> Judgement {
        var result = self
        result.findings = findings.map { finding in
            guard finding.verdict == .manifest, finding.code != .h29,
                !mended.findings.contains(where: {
                    $0.verdict != .misuse && $0.overlaps(finding)
                })
            else { return finding }
            var caused = finding
            caused.code = .h29
            caused.cause = "\(erratum.name): \(erratum.effect)."
            caused.mend = erratum.mend
            return caused.worded(for: profile)
        }
        return result
    }
}
