import Operations
import Traces

extension Program {
    /// Gives the annotations that have a program counter (`@pc=`) the function and the line of source that ELF files know.
    ///
    /// What the trace says itself (`@fn=`, `@src=`) stays.
    ///
    /// - Parameter files: The files; the first that knows a program counter names it.
    /// - Returns: how many annotations have a program counter, and how many of these a file knows.
    /// - Throws: where a file's DWARF information is damaged.
    public mutating func nameCode(
        from files: [ELFFile]
    ) throws(TraceErrors) -> (counters: Int, named: Int) {
        var counters = 0
        var named = 0
        for index in annotations.indices {
            guard let counter = annotations[index].programCounter else { continue }
            counters += 1
            for file in files {
                guard let place = try file.place(of: counter) else { continue }
                named += 1
                if annotations[index].function == nil {
                    annotations[index].function = place.function
                }
                if annotations[index].source == nil { annotations[index].source = place.source }
                break
            }
        }
        return (counters, named)
    }
}
