/** What stands beside a panel's title in Grafana: links and the notices that came with the data. */

import { type DataLink, type QueryResultMetaNotice, textUtil } from '@grafana/data';
import { SceneObjectBase, type SceneComponentProps, type SceneObjectState, sceneGraph } from '@grafana/scenes';
import { Dropdown, Icon, Menu, PanelChrome, Tooltip } from '@grafana/ui';

interface TitleItemsState extends SceneObjectState {
  links: DataLink[];
}

export class PanelTitleItems extends SceneObjectBase<TitleItemsState> {
  static Component = TitleItems;
}

function TitleItems({ model }: SceneComponentProps<PanelTitleItems>) {
  const { links } = model.useState();
  const { data } = sceneGraph.getData(model).useState();
  const notices = (data?.series ?? []).flatMap((frame) => frame.meta?.notices ?? []);
  return (
    <>
      {notices.length > 0 && <Notices notices={notices} />}
      {links.length > 0 && (
        <Dropdown
          overlay={
            <Menu>
              {links.map((link) => (
                <Menu.Item
                  key={link.title}
                  label={sceneGraph.interpolate(model, link.title)}
                  url={textUtil.sanitizeUrl(sceneGraph.interpolate(model, link.url))}
                  target={link.targetBlank ? '_blank' : undefined}
                />
              ))}
            </Menu>
          }
        >
          <PanelChrome.TitleItem aria-label="Panel links">
            <Icon name="external-link-alt" size="md" />
          </PanelChrome.TitleItem>
        </Dropdown>
      )}
    </>
  );
}

function Notices({ notices }: { notices: QueryResultMetaNotice[] }) {
  const texts = [...new Set(notices.map((notice) => notice.text))];
  const serious = notices.some((notice) => notice.severity !== 'info');
  return (
    <Tooltip
      interactive
      content={
        <div data-testid="panel-notices">
          {texts.map((text) => (
            <div key={text}>{text}</div>
          ))}
        </div>
      }
    >
      <PanelChrome.TitleItem aria-label={serious ? 'Warnings' : 'Notices'}>
        <Icon name={serious ? 'exclamation-triangle' : 'info-circle'} size="md" />
      </PanelChrome.TitleItem>
    </Tooltip>
  );
}
