/// All that was found of a trace, in the order of its statements.
public struct Judgement: Hashable, Sendable {
    /// The findings.
    public internal(set) var findings: [Finding]

    /// Puts the three kinds together: what a replay showed is not said again as possible.
    ///
    /// - Parameters:
    ///   - manifest: What the replay showed.
    ///   - latent: What may be.
    ///   - misuse: Which rules are broken.
    ///   - reports: What the kernel's dma-debug would print; each is a broken rule.
    ///   - history: The calls of the DMA API, which may say why maintenance is missing; nil: there are none.
    ///   - profile: Facts of the machine, for mends and their costs.
    public init(
        manifest: [Finding], latent: [Finding], misuse: [Finding], reports: [KernelReport] = [],
        history: MappingHistory? = nil, profile: HazardProfile
    ) {
        let polls = latent.filter { $0.code == .h38 }
        let early = latent.filter { $0.code == .h09 }
        func explained(_ finding: Finding) -> Finding {
            var finding = finding
            finding.takeCause(from: misuse)
            if let history { finding.takeCause(from: history) }
            finding.takePoll(of: polls)
            finding.takeEarliness(of: early)
            return finding
        }
        var shown = manifest.map(explained)
        var possible: [Finding] = []
        for candidate in latent.map(explained)
        where !possible.contains(where: { $0.isSame(as: candidate) }) {
            let same = shown.firstIndex {
                // Another code is another cause: it stays when the first is mended.
                $0.overlaps(candidate) && $0.code == candidate.code
            }
            if let same {
                shown[same].absorb(candidate)
            } else if !(manifest + latent + misuse).contains(where: candidate.isAfterwards) {
                possible.append(candidate)
            }
        }
        let bytes = (shown + possible).map { finding in
            var finding = finding
            if let report = reports.first(where: { $0.explains(finding) }) { finding.take(report) }
            return finding
        }
        findings = (bytes + Misuse.join(misuse, reports)).enumerated().sorted {
            ($0.element.record, $0.offset) < ($1.element.record, $1.offset)
        }.map { $0.element.worded(for: profile) }
    }

    /// How many findings have a verdict.
    public func count(_ verdict: Verdict) -> Int { findings.count { $0.verdict == verdict } }
}

extension Finding {
    /// Takes the code of a broken rule that explains it: what a device did against a mapping, or after it, is why its
    /// bytes went wrong, and the maintenance that such a mapping has is not what is missing.
    fileprivate mutating func takeCause(from misuse: [Finding]) {
        guard [.h01, .h02, .h03, .h08, .h23, .h35].contains(code) else { return }
        let rule = misuse.first {
            [.h15, .h16, .h17, .h32].contains($0.code) && $0.overlaps(self)
                && ($0.record == record || $0.record == writeRecord)
        }
        guard let rule else { return }
        code = rule.code
        if !rule.cause.isEmpty { (cause, mend) = (rule.cause, rule.mend) }
    }

    /// Whether it is that bytes are missed whose loss is a finding already.
    fileprivate func isAfterwards(of loss: Finding) -> Bool {
        [.h11, .h35].contains(code) && [.h11, .h12, .h18, .h19].contains(loss.code)
            && loss != self && loss.overlaps(self)
            && chain.dropLast().contains { $0.record == loss.record }
            && record != loss.record
    }

    /// Takes the code of a poll, if it is one's load that found old bytes.
    fileprivate mutating func takePoll(of polls: [Finding]) {
        guard [.h01, .h08, .h36].contains(code),
            polls.contains(where: { $0.record == record && $0.overlaps(self) })
        else { return }
        code = .h38
        (cause, mend) = ("", "")
    }

    /// Takes the code of a load for which nothing has waited, if what it misses is a store that had been dropped.
    fileprivate mutating func takeEarliness(of loads: [Finding]) {
        guard verdict == .manifest, [.h11, .h35].contains(code) else { return }
        guard let load = loads.first(where: { $0.record == record && $0.overlaps(self) })
        else { return }
        code = .h09
        writer = load.writer
        writeRecord = load.writeRecord
    }

    /// Whether two analyses have found the same poll.
    fileprivate func isSame(as other: Finding) -> Bool {
        code == .h38 && other.code == .h38 && record == other.record && overlaps(other)
    }

    /// Takes in a possible finding of the same cause: what it adds are bytes that went right this time.
    fileprivate mutating func absorb(_ other: Finding) {
        let start = min(other.address, lucky?.lowerBound ?? other.address)
        lucky = start..<max(other.address &+ other.bytes, lucky?.upperBound ?? 0, start)
        let more = other.bytes > bytes ? other.bytes - bytes : 0
        if more > 0 { detail += "; \(more) bytes beside them were lucky this time" }
    }
}
