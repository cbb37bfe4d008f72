import Experiments
import Hazards
import Operations

extension Setup {
    /// Where a statement stands in the source of what was traced, as the trace or an ELF file has it.
    func source(_ record: Int) -> String? { program.codePlace(of: record) }

    /// A step on the way to what goes wrong: its line, what happens, and where that stands in the source.
    ///
    /// - Parameters:
    ///   - link: The step.
    ///   - previous: The step before it; a source that it has named is not said again.
    /// - Returns: the step in words.
    func step(_ link: ChainLink, after previous: ChainLink?) -> String {
        let place = link.record == previous?.record ? nil : source(link.record)
        return "line \(line(link.record)): \(inLines(link.text))" + (place.map { " (\($0))" } ?? "")
    }
}
