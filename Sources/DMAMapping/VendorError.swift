import Operations

/// Why a call of a bare-metal library cannot be lowered.
public struct VendorError: Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// There is a Linux kernel, which has no such function.
        case linux(KernelEra)
        /// The library does not run there; `known` lists where it has the function.
        case target(String, known: String)
        /// The library has the function there, in other versions.
        case version(LibraryVersion, known: String)
        /// The range does not end before the last page of the address space.
        case rangeTooLong
        /// The loop goes round more often than is lowered.
        case tooManySteps(UInt64)
    }

    /// The call.
    public var call: VendorCall
    /// What is wrong with it.
    public var reason: Reason

    /// What was found, and what was expected in its place.
    var words: (found: String, expected: String?) {
        let name = call.function.rawValue
        let library = call.function.library.rawValue
        switch reason {
        case .linux(let kernel):
            return (
                "\(name): a function of \(library), with kernel \(kernel)",
                "`kernel none`, for bare metal"
            )
        case .target(let found, let known):
            return (
                "\(name): \(library) is not known to have it on \(found)",
                "a processor on which it is: \(known)"
            )
        case .version(let version, let known):
            return ("\(name): not known in \(library) \(version)", "a version \(known)")
        case .rangeTooLong:
            let start = String(call.start.address.rawValue, radix: 16)
            return (
                "\(name): \(call.bytes) bytes from 0x\(start) reach the end of the address space",
                "a range that ends a page before it"
            )
        case .tooManySteps(let limit):
            return (
                "\(name): a loop of more than \(limit) steps over \(call.bytes) bytes",
                call.function.takesEnd
                    ? "a shorter range: the number of its bytes, where C takes its end"
                    : "a shorter range"
            )
        }
    }
}
