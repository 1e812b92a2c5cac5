/**
 * Which public names have no doc comment. Public is what the given index files export, and of exported classes, interfaces and objects each member that
 * users can reach. Overloads share a comment; constructors are told by the comment of their class. The compiler finds where a name is declared.
 */
import path from 'node:path';
import ts from 'typescript';

/** The index files of the packages that users install. */
export const publicIndexes = ['libs/millrace/src/index.ts', 'libs/test-driver/src/index.ts'];

/** Each undocumented name as `file:line Name.member`; `options` replaces those of the tree. */
export function undocumented(root, indexes = publicIndexes, options = compilerOptions(root)) {
  const program = ts.createProgram(
    indexes.map((index) => path.join(root, index)),
    options,
  );
  const checker = program.getTypeChecker();
  const faults = indexes.flatMap((index) => {
    const file = program.getSourceFile(path.join(root, index));
    const names = checker.getExportsOfModule(checker.getSymbolAtLocation(file));
    return names.flatMap((name) => faultsOf(checker, root, name));
  });
  return [...new Set(faults.map(({ node, name }) => `${positionOf(root, node)} ${name}`))];
}

/** Methods and fields of the classes that the index files export, by class; what they inherit included. */
export function publicMembers(root, indexes = publicIndexes) {
  const program = ts.createProgram(
    indexes.map((index) => path.join(root, index)),
    compilerOptions(root),
  );
  const checker = program.getTypeChecker();
  const exported = indexes.flatMap((index) =>
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path.join(root, index)))),
  );
  return exported.flatMap((name) => {
    const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
    if ((symbol.flags & ts.SymbolFlags.Class) === 0) return [];
    return membersOf(checker, symbol)
      .filter((member) => member.declarations?.some((one) => isOfTree(root, one) && isPublic(one)))
      .map((member) => `${name.name}.${member.name}`);
  });
}

/** The options of the tree. */
export function compilerOptions(root) {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.base.json'), ts.sys.readFile);
  return { ...ts.convertCompilerOptionsFromJson(config.compilerOptions, root).options, noEmit: true };
}

function faultsOf(checker, root, exported) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const node = symbol.declarations?.find((declaration) => isOfTree(root, declaration));
  if (node === undefined) return [];
  const own = isTold(symbol) ? [] : [{ node, name: exported.name }];
  const members = membersOf(checker, symbol).flatMap((member) => {
    const at = member.declarations?.find((declaration) => isOfTree(root, declaration) && isPublic(declaration));
    return at === undefined || isTold(member) ? [] : [{ node: at, name: `${exported.name}.${member.name}` }];
  });
  return [...own, ...members];
}

function isOfTree(root, node) {
  const { fileName } = node.getSourceFile();
  return fileName.startsWith(path.join(root, '/')) && !fileName.includes('/node_modules/');
}

/** Members of a class, an interface, a type, or of the object that a constant is; inherited ones too. */
function membersOf(checker, symbol) {
  const statics = [...(symbol.flags & ts.SymbolFlags.Class ? (symbol.exports?.values() ?? []) : [])];
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))
    return [...checker.getDeclaredTypeOfSymbol(symbol).getProperties(), ...statics];
  const [node] = symbol.declarations;
  if (ts.isTypeAliasDeclaration(node))
    return ts.isTypeLiteralNode(node.type) || ts.isIntersectionTypeNode(node.type)
      ? checker.getDeclaredTypeOfSymbol(symbol).getProperties()
      : [];
  if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return [];
  const value = ts.isAsExpression(node.initializer) ? node.initializer.expression : node.initializer;
  return ts.isObjectLiteralExpression(value) ? checker.getTypeAtLocation(value).getProperties() : [];
}

function isPublic(member) {
  if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return false;
  return (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;
}

/** Has a comment at one of its declarations: tags alone, such as `@internal`, say nothing to a user. */
function isTold(symbol) {
  return symbol.getDocumentationComment(undefined).length > 0;
}

function positionOf(root, node) {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${path.relative(root, file.fileName)}:${line + 1}`;
}
