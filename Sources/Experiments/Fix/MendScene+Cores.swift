import Hazards
import Operations

extension MendScene {
    /// What two cores that do not look into each other's caches have to do by themselves: the one that stores puts its line into
    /// memory and gives it up, and the one that loads drops what it still has.
    func betweenCores(_ finding: Finding) -> [MendEdit] {
        guard finding.agent.isCore, finding.writer.isCore, finding.agent != finding.writer,
            finding.code == .h01 || finding.code == .h03, finding.writeRecord > 0
        else { return [] }
        let range = accesses.first { $0.place == finding.writeRecord - 1 }?.bytes ?? finding.range
        let name = words(range.lowerBound)
        let called = named(range.lowerBound)
        let load = finding.record - 1
        let why = "the cores do not look into each other's caches"
        return [
            addition(
                .cleaning, 0, ["dc civac \(name) \(range.length)", "dsb sy"],
                before: finding.writeRecord, finding.writer,
                "\(why): clean and invalidate \(called) after \(quote(finding.writeRecord - 1))"),
            addition(
                .towardsCore, 0, ["dc ivac \(name) \(range.length)", "dsb sy"], before: load,
                finding.agent, "\(why): invalidate \(called) before \(quote(load))"),
        ]
    }
}
