/// The one type that owns raw storage: a fixed number of plain values, freed with its owner.
///
/// Hot loops read it without bounds checks in release builds (measured: 39 instructions an access with a checked
/// owned buffer, 21.7 unchecked, 75 with an array; `architecture.md`, "Shapes"). Debug builds check every index.
@frozen
public struct OwnedBuffer<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline
    let storage: UnsafeMutablePointer<Element>

    /// How many values there are.
    public let count: Int

    /// Takes storage for `count` values, all equal to `value`.
    ///
    /// - Precondition: `count` is not negative.
    @inlinable
    public init(repeating value: Element, count: Int) {
        precondition(count >= 0, "a buffer has no negative size")
        storage = .allocate(capacity: Swift.max(count, 1))
        storage.initialize(repeating: value, count: count)
        self.count = count
    }

    @inlinable
    deinit { storage.deallocate() }

    /// The value at `index`.
    @inlinable
    public subscript(index: Int) -> Element {
        @inline(__always)
        get {
            assert(index >= 0 && index < count, "index \(index) outside 0..<\(count)")
            return storage[index]
        }
        @inline(__always)
        nonmutating set {
            assert(index >= 0 && index < count, "index \(index) outside 0..<\(count)")
            storage[index] = newValue
        }
    }

    /// The storage itself, for loops that walk it.
    ///
    /// Valid while this buffer lives.
    @inlinable
    public var base: UnsafeMutablePointer<Element> { storage }
}
