/// An animal that can be sketched.
public enum Animal: String, CaseIterable, Hashable, Sendable {
  case cat
  case dog
}
